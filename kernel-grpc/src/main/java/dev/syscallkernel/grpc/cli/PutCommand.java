package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteMode;
import dev.syscallkernel.stream.WriteOptions;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Stack;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "put",
        description = {
            "Uploads a file of this machine, or standard input, of any size.",
            "The file appears in one step when all of it has arrived and its checksum is right. Until then, and if the"
                    + " upload fails or is stopped, everybody sees the old one, or none."
        })
final class PutCommand implements Callable<Integer> {
    static final Capability[] NEEDED = {Capability.WRITE_FILE, Capability.CREATE_FILE};

    /** The id that stands for one made of the file's name, size and time. */
    private static final String DERIVED = "";

    /** How much of what has arrived is sent again, for the kernel to compare. */
    private static final long OVERLAP = 1 << 20;

    /** The kernel sums what it has of an upload before it goes on. */
    private static final Duration OPENING = Duration.ofHours(1);

    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ProcessOptions options = new ProcessOptions();

    @Mixin
    private ChunkSizeOption chunkSize = new ChunkSizeOption();

    @Mixin
    private JsonOption json = new JsonOption();

    @Parameters(index = "0", paramLabel = "LOCAL", description = "The file to upload; - for standard input.")
    private Path local = Path.of("");

    @Parameters(index = "1", paramLabel = "REMOTE", description = "The virtual path of the file it becomes.")
    private String remote = "";

    @Option(
            names = "--append",
            description = "Add to the end of the file, where it can be seen growing; what was added is cut off again if"
                    + " the upload fails.")
    private boolean append;

    @Option(names = "--create-new", description = "Fail if the file exists.")
    private boolean createNew;

    @Option(names = "--sync", description = "Wait until the bytes are on the device.")
    private boolean sync;

    @Option(
            names = "--resume",
            arity = "0..1",
            fallbackValue = DERIVED,
            preprocessor = OnlyAttached.class,
            paramLabel = "ID",
            description = {
                "Keep what has arrived if the upload breaks off, and go on there when the same command is run again"
                        + " within 24 hours, also after a restart of the server. Takes a server with a --state"
                        + " directory.",
                "The default ID is made of REMOTE and the name, size and time of LOCAL, so a changed file begins anew;"
                        + " standard input needs an ID, and has to bring the same bytes again.",
                "With --pid the upload belongs to that process and ends with it; else to one that waits on the server."
            })
    private @Nullable String resume;

    @Option(names = "--quiet", description = "Show no progress, and no summary unless it is asked for as JSON.")
    private boolean quiet;

    PutCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        WriteOptions wanted = wanted();
        try (LocalSource source = LocalSource.open(local, terminal);
                StopRequest.Registration stopping = stop.onStop(source::close);
                Session session = options.open(stop)) {
            PutReport report = resume == null
                    ? put(source, options.process(session, NEEDED), wanted)
                    : resume(source, session, wanted);
            if (!quiet || json.wanted()) {
                report.print(json, terminal);
            }
        }
        return ExitCode.OK;
    }

    private WriteOptions wanted() {
        if (append && createNew) {
            throw usage("--append and --create-new exclude one another");
        }
        if (append && resume != null) {
            throw usage("--resume cannot append: it replaces a file, or creates one");
        }
        if (LocalSource.isStandardInput(local) && DERIVED.equals(resume)) {
            throw usage("standard input has no name to make an id of; choose one with --resume=ID");
        }
        WriteMode mode = append ? WriteMode.APPEND : createNew ? WriteMode.CREATE_NEW : WriteMode.REPLACE;
        WriteOptions options = WriteOptions.DEFAULT.withMode(mode);
        try {
            options = resume == null || resume.equals(DERIVED) ? options : options.withUpload(resume, 0);
        } catch (IllegalArgumentException refusal) {
            throw usage(String.valueOf(refusal.getMessage()));
        }
        return sync ? options.withSync() : options;
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    private PutReport put(LocalSource source, KernelProcess process, WriteOptions wanted) {
        long start = System.nanoTime();
        try (Progress progress = progress(source);
                StreamingWriter writer = process.write(remote, wanted);
                StopRequest.Registration stopping = stop.onStop(writer::close)) {
            WriteSummary summary = new Sending(source, progress, chunkSize.bytes()).to(writer);
            return new PutReport(remote, source.bytes(), 0, summary, System.nanoTime() - start);
        }
    }

    private PutReport resume(LocalSource source, Session session, WriteOptions wanted) {
        String id = wanted.uploadId().orElseGet(() -> source.identity(remote));
        LastingUpload upload = new LastingUpload(id, session, options);
        try (upload) {
            return resume(source, upload, wanted);
        } catch (SyscallException | CommandFailure problem) {
            throw upload.failure(problem);
        }
    }

    private PutReport resume(LocalSource source, LastingUpload upload, WriteOptions wanted) {
        long start = System.nanoTime();
        KernelProcess process = upload.process();
        long arrived = upload.arrived();
        long offset = Math.max(0, arrived - OVERLAP);
        try (Progress progress = progress(source)) {
            Sending sending = new Sending(source, progress, chunkSize.bytes());
            sending.skip(offset);
            WriteOptions from = wanted.withUpload(upload.id(), offset);
            try (StreamingWriter writer = process.execute(new OpenWriter(remote, from), OPENING);
                    StopRequest.Registration stopping = stop.onStop(writer::close)) {
                upload.begun();
                WriteSummary summary = sending.to(writer);
                upload.complete();
                requireSame(source, summary);
                return new PutReport(remote, source.bytes(), arrived, summary, System.nanoTime() - start);
            }
        }
    }

    /** A writer that went on at an offset could not compare the sums of the whole. */
    private void requireSame(LocalSource source, WriteSummary summary) {
        if (summary.crc32c() != source.crc32c()) {
            throw new SyscallException(
                    ErrorCode.DATA_LOSS,
                    "stream_write",
                    remote,
                    String.format(
                            "its checksum is %08x now, and that of %s is %08x: the upload began with other data; put it"
                                    + " again without --resume",
                            summary.crc32c(), source.name(), source.crc32c()));
        }
    }

    private Progress progress(LocalSource source) {
        return quiet ? Progress.NONE : Progress.on(terminal, "uploading " + Text.printable(remote), source.size());
    }

    /** An optional value would swallow the file's name: it is one only after an equals sign. */
    static final class OnlyAttached implements IParameterPreprocessor {
        @Override
        @SuppressWarnings("JdkObsolete") // picocli's choice
        public boolean preprocess(Stack<String> arguments, CommandSpec spec, ArgSpec option, Map<String, Object> info) {
            if (" ".equals(info.get("separator"))) {
                arguments.push(DERIVED);
            }
            return false;
        }
    }
}
