package dev.syscallkernel.grpc.cli;

/** Text from elsewhere, such as the name of a file, on its way to a terminal. */
final class Text {
    private Text() {}

    /** On one line, and without characters that would command the terminal. */
    static String printable(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || isDirection(c)) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }

    /** What changes the order in which the following characters are shown, so that a name looks like another one. */
    private static boolean isDirection(int c) {
        return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
    }
}
