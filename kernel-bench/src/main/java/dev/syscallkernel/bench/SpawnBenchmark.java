package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.bench.report.Compared;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamingReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a confined program costs, and how fast its output comes. Baseline: a bare process of Java's. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class SpawnBenchmark {
    private static final int OUTPUT_BYTES = 256 << 20;
    private static final int BUFFER_BYTES = 64 << 10;
    private static final String[] NOTHING = {"/usr/bin/true"};
    private static final String[] MUCH = {"/usr/bin/head", "-c", Integer.toString(OUTPUT_BYTES), "/dev/zero"};

    private LocalKernel kernel;
    private KernelProcess process;

    @Setup(Level.Trial)
    public void setUp() {
        kernel = LocalKernel.builder().ceiling(SandboxLevel.PRIVILEGED).build();
        process = kernel.createProcess(ProcessSpec.named("bench")
                .level(SandboxLevel.PRIVILEGED)
                .grant(Capability.SPAWN_PROCESS)
                .build());
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        kernel.close();
    }

    @Benchmark
    public int baselineStartAndWait() throws IOException, InterruptedException {
        return new ProcessBuilder(NOTHING)
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD)
                .start()
                .waitFor();
    }

    @Benchmark
    @Compared(what = "start a program and wait for it", to = "baselineStartAndWait")
    public ExitStatus startAndWait() {
        Command command =
                Command.of(NOTHING[0]).output(Command.Output.DISCARDED).build();
        return process.await(process.spawn(command).pid());
    }

    @Benchmark
    public long baselineOutput() throws IOException, InterruptedException {
        Process program = new ProcessBuilder(MUCH).start();
        long total = 0;
        try (InputStream output = program.getInputStream()) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
                total += count;
            }
        }
        program.waitFor();
        return total;
    }

    @Benchmark
    @Compared(what = "read 256 MiB that a program writes", to = "baselineOutput")
    public long output() {
        Pid child = process.spawn(Command.of(MUCH[0], MUCH[1], MUCH[2], MUCH[3]).build())
                .pid();
        long total;
        try (StreamingReader output = process.output(child, ProgramOutput.STDOUT)) {
            while (output.next()) {
                output.chunk();
            }
            total = output.bytesRead();
        }
        process.await(child);
        if (total != OUTPUT_BYTES) {
            throw new IllegalStateException("only " + total + " bytes arrived");
        }
        return total;
    }
}
