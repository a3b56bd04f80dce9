package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.local.RecoveredBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "recover",
        description = {
            "Ends the atomic batches that a killed kernel left unfinished, as a kernel does when it starts, and shows what"
                    + " was found.",
            "A batch is in doubt if a file is neither as before nor as after it, because something else changed it"
                    + " meanwhile. Kernels refuse to touch such a file until it was put right by hand, or accepted as it is"
                    + " with --accept."
        },
        exitCodeList = {"0:nothing is in doubt", "1:something is in doubt, or another failure", "2:wrong usage"})
final class RecoverCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private JsonOption json = new JsonOption();

    @Option(
            names = "--state",
            paramLabel = "DIR",
            required = true,
            description = "The state directory of the kernel, which must not be running.")
    private Path state = Path.of("");

    @Option(
            names = "--accept",
            paramLabel = "BATCH",
            description = "Take the files of this batch as they are, and forget it. Can be repeated.")
    private List<String> accepted = new ArrayList<>();

    RecoverCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (!Files.isDirectory(state)) {
            throw new CommandFailure("there is no directory " + state);
        }
        LocalKernel.Builder builder = LocalKernel.builder().stateDirectory(state);
        accepted.forEach(builder::acceptInDoubt);
        List<RecoveredBatch> batches;
        try (LocalKernel kernel = builder.build()) {
            batches = kernel.recoveredBatches();
        }
        if (json.wanted()) {
            terminal.line(Json.text(batches.stream().map(RecoverCommand::fields).toList()));
        } else {
            show(batches);
        }
        boolean doubt = batches.stream().anyMatch(batch -> batch.outcome() == RecoveredBatch.Outcome.IN_DOUBT);
        return doubt ? ExitCode.SOFTWARE : ExitCode.OK;
    }

    private void show(List<RecoveredBatch> batches) {
        if (batches.isEmpty()) {
            terminal.line("nothing to recover");
            return;
        }
        Table table = new Table().left("BATCH").left("OUTCOME").left("FILES");
        for (RecoveredBatch batch : batches) {
            String files =
                    String.join(" ", batch.files().stream().map(Path::toString).toList());
            table.row(batch.id(), name(batch), Text.printable(files));
        }
        table.lines().forEach(terminal::line);
    }

    private static String name(RecoveredBatch batch) {
        return batch.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static Map<String, ?> fields(RecoveredBatch batch) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("batch", batch.id());
        fields.put("outcome", batch.outcome().name().toLowerCase(Locale.ROOT));
        fields.put("files", batch.files().stream().map(Path::toString).toList());
        return fields;
    }
}
