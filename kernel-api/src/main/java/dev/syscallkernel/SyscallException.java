package dev.syscallkernel;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.security.Capability;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A syscall failed. The message reads {@code syscall subject: reason [CODE]}, for example
 * {@code remove_directory /logs: contains 3 entries [NOT_EMPTY]}. No message names a path of the host.
 */
public final class SyscallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final String syscall;
    private final String subject;
    private final String reason;
    private final @Nullable Capability capability;

    private SyscallException(
            ErrorCode code,
            String syscall,
            String subject,
            String reason,
            @Nullable Capability capability,
            @Nullable Throwable cause) {
        super(syscall + (subject.isEmpty() ? "" : " " + printable(subject)) + ": " + reason + " [" + code + "]", cause);
        this.code = requireNonNull(code, "code");
        this.syscall = syscall;
        this.subject = subject;
        this.reason = reason;
        this.capability = capability;
    }

    /** A failure with nothing beneath it. */
    public SyscallException(ErrorCode code, String syscall, String subject, String reason) {
        this(code, syscall, subject, reason, null, null);
    }

    /** A failure that another one caused. */
    public SyscallException(ErrorCode code, String syscall, String subject, String reason, @Nullable Throwable cause) {
        this(code, syscall, subject, reason, null, cause);
    }

    /** The process does not hold the capability that the syscall needs. */
    public static SyscallException missingCapability(String syscall, String subject, Capability capability) {
        return new SyscallException(
                ErrorCode.PERMISSION_DENIED,
                syscall,
                subject,
                "the process does not hold the capability " + capability,
                capability,
                null);
    }

    public ErrorCode code() {
        return code;
    }

    /** The name of the syscall, such as {@code read_file}. */
    public String syscall() {
        return syscall;
    }

    /** What the syscall acted on: mostly a path, as the caller gave it. May be empty. */
    public String subject() {
        return subject;
    }

    /** The message without the syscall, the subject and the code. */
    public String reason() {
        return reason;
    }

    /** The whole message: on one line and of bounded length, whatever the caller named as the subject. */
    public String summary() {
        return String.valueOf(getMessage());
    }

    /** The capability that was lacking, if that is why it failed. */
    public Optional<Capability> capability() {
        return Optional.ofNullable(capability);
    }

    /** Keeps a message on one line and within bounds, whatever a hostile caller puts into a path. */
    private static String printable(String subject) {
        int limit = 300;
        StringBuilder out = new StringBuilder(Math.min(subject.length(), limit) + 16);
        for (int i = 0; i < subject.length(); i++) {
            if (i == limit) {
                return out.append("… (")
                        .append(subject.length())
                        .append(" characters)")
                        .toString();
            }
            char c = subject.charAt(i);
            if (Character.isISOControl(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
