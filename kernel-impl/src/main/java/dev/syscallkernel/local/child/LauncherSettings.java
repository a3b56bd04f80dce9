package dev.syscallkernel.local.child;

import dev.syscallkernel.process.LauncherTier;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What the operator of a kernel says about the programs it starts.
 *
 * @param weakest the weakest launcher that may be used
 * @param uid the user of the programs, where the kernel runs as root
 * @param gid the group of the programs, where the kernel runs as root
 * @param grace how long a program has to end by itself when it is asked to
 * @param retention how long the status and the output of a program that has ended can be had
 * @param bubblewrap where bubblewrap is installed
 * @param unshare where unshare is installed
 */
public record LauncherSettings(
        LauncherTier weakest, int uid, int gid, Duration grace, Duration retention, Path bubblewrap, Path unshare) {
    /** Only confined programs, of the user nobody where the kernel runs as root. */
    public static final LauncherSettings DEFAULT = new LauncherSettings(
            LauncherTier.CONFINED,
            65534,
            65534,
            Duration.ofSeconds(3),
            Duration.ofMinutes(10),
            Path.of("/usr/bin/bwrap"),
            Path.of("/usr/bin/unshare"));

    private static final Duration CENTURY = Duration.ofDays(36_500);

    public LauncherSettings {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("the grace of programs must not be negative: " + grace);
        }
        if (uid < 1 || gid < 1) {
            throw new IllegalArgumentException("programs cannot run as root; name a user and a group from 1 on");
        }
    }

    /** How long the end of a program can take: its grace, at most a century, and the proof that nothing is left of it. */
    public Duration ending() {
        return (grace.compareTo(CENTURY) < 0 ? grace : CENTURY).plus(Child.VERIFICATION);
    }

    public LauncherSettings withWeakest(LauncherTier tier) {
        return new LauncherSettings(tier, uid, gid, grace, retention, bubblewrap, unshare);
    }

    public LauncherSettings withUser(int user, int group) {
        return new LauncherSettings(weakest, user, group, grace, retention, bubblewrap, unshare);
    }

    public LauncherSettings withGrace(Duration time) {
        return new LauncherSettings(weakest, uid, gid, time, retention, bubblewrap, unshare);
    }

    public LauncherSettings withRetention(Duration time) {
        return new LauncherSettings(weakest, uid, gid, grace, time, bubblewrap, unshare);
    }

    public LauncherSettings withTools(Path bubblewrapProgram, Path unshareProgram) {
        return new LauncherSettings(weakest, uid, gid, grace, retention, bubblewrapProgram, unshareProgram);
    }
}
