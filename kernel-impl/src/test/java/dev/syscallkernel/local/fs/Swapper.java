package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A program outside of the JVM that exchanges two names as fast as it can, each time in one step. If what makes one of
 * them dangerous is replaced by a harmless file, it is made again.
 */
final class Swapper implements AutoCloseable {
    private static final Map<String, String> RENAMEAT2 = Map.of("amd64", "316", "x86_64", "316", "aarch64", "276");

    private static final String SCRIPT = """
            use POSIX;
            my ($number, $kind, $target, $a, $b) = @ARGV;
            my $count = 0;
            my $stop = 0;
            $SIG{TERM} = sub { $stop = 1 };
            sub dangerous { my $f = shift; return $kind eq "link" ? -l $f : -p $f; }
            sub make { $kind eq "link" ? symlink($target, $b) : POSIX::mkfifo($b, 0666); }
            $| = 1;
            make();
            print "ready\\n";
            until ($stop) {
                for (1..16) {
                    if (syscall($number + 0, -100, $a, -100, $b, 2) == 0) { $count++; }
                    elsif ($! != ENOENT) { print "cannot exchange: $!\\n"; exit 1; }
                }
                unless (dangerous($a) || dangerous($b)) { rename($b, $a) unless -e $a; unlink($b); make(); }
            }
            print "$count\\n";
            """;

    private final Process process;
    private final BufferedReader output;

    private Swapper(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    /** Fails or skips the test, and says why, where there is no Perl to attack with. */
    static void require() {
        boolean perl = Stream.of("/usr/bin/perl", "/usr/local/bin/perl").anyMatch(p -> Files.isExecutable(Path.of(p)));
        boolean possible = perl && RENAMEAT2.containsKey(System.getProperty("os.arch"));
        if (System.getenv("CI") != null) {
            Assertions.assertThat(possible)
                    .as("Perl and a known architecture, to attack with")
                    .isTrue();
        }
        Assumptions.assumeTrue(possible, "skipped: attacks need Perl and the number of renameat2 on this architecture");
    }

    /** Exchanges a name with a link to the target, which is made. */
    static Swapper withLink(Path name, Path link, String target) throws IOException {
        return start("link", target, name, link);
    }

    /** Exchanges a name with a FIFO, which is made. */
    static Swapper withFifo(Path name, Path fifo) throws IOException {
        return start("fifo", "", name, fifo);
    }

    private static Swapper start(String kind, String target, Path a, Path b) throws IOException {
        String number = RENAMEAT2.get(System.getProperty("os.arch"));
        Process process = new ProcessBuilder("perl", "-e", SCRIPT, number, kind, target, a.toString(), b.toString())
                .redirectErrorStream(true)
                .start();
        Swapper swapper = new Swapper(process);
        Assertions.assertThat(swapper.output.readLine()).isEqualTo("ready");
        return swapper;
    }

    /** Stops, and answers how many exchanges there were. */
    long stop() throws IOException, InterruptedException {
        process.toHandle().destroy(); // unlike the process itself, this leaves the output open
        String count = output.readLine();
        Assertions.assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        Assertions.assertThat(count).as("the attacker's count").matches("\\d+");
        return Long.parseLong(count);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
