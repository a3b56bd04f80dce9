package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.bench.report.Compared;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a whole syscall costs: checks, resolution, event. Baseline: the bare question to the host. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class FileExistsBenchmark {
    /** How many components the path has beneath the mount, the file's own among them. */
    @Param({"1", "3", "8"})
    public int depth;

    private Path root;
    private Path file;
    private LocalKernel kernel;
    private KernelProcess process;
    private FileExists call;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        root = Workplace.create();
        Path directory = root;
        for (int i = 1; i < depth; i++) {
            directory = directory.resolve("directory" + i);
        }
        file = Files.createDirectories(directory).resolve("file");
        Files.createFile(file);
        kernel = LocalKernel.builder().build();
        process = kernel.createProcess(ProcessSpec.named("bench")
                .grant(Capability.READ_FILE)
                .mount("/w", root, Access.READ_ONLY)
                .build());
        call = new FileExists("/w/" + root.relativize(file));
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        kernel.close();
        Workplace.delete(root);
    }

    @Benchmark
    public boolean baselineFilesExists() {
        return Files.exists(file);
    }

    @Benchmark
    @Compared(what = "file_exists in-process", to = "baselineFilesExists", goal = 1 / 3.0, goalAt = "depth=3")
    public boolean execute() {
        return process.execute(call);
    }
}
