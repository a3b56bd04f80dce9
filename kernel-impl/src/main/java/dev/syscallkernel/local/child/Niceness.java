package dev.syscallkernel.local.child;

/** What priorities are for the operating system: a program can be put behind others, never before them. */
final class Niceness {
    private static final int BACKGROUND = 19;
    private static final int LOW = 10;

    private Niceness() {}

    static int of(int priority) {
        return switch (priority) {
            case 1 -> BACKGROUND;
            case 2 -> LOW;
            default -> 0;
        };
    }
}
