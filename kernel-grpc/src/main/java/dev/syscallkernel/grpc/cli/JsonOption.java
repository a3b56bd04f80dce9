package dev.syscallkernel.grpc.cli;

import java.util.Map;
import picocli.CommandLine.Option;

/** Results for programs instead of people. */
final class JsonOption {
    @Option(names = "--json", description = "Print JSON.")
    private boolean wanted;

    boolean wanted() {
        return wanted;
    }

    /** Prints one object: as JSON, or one field on each line. */
    void print(Map<String, ?> fields, Terminal terminal) {
        if (wanted) {
            terminal.line(Json.text(fields));
        } else {
            Table table = new Table().left("").left("");
            fields.forEach((name, value) -> table.row(name.replace('_', ' '), Text.printable(String.valueOf(value))));
            table.lines().forEach(terminal::line);
        }
    }
}
