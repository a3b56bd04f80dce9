package dev.syscallkernel.grpc;

import dev.syscallkernel.Pid;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.proto.UpdateSandboxRequest;
import dev.syscallkernel.security.Sandbox;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Sandboxes and limits. */
final class SandboxCodec {
    private SandboxCodec() {}

    static dev.syscallkernel.proto.ResourceLimits toWire(ResourceLimits limits) {
        return dev.syscallkernel.proto.ResourceLimits.newBuilder()
                .setMaxMemoryBytes(limits.maxMemoryBytes())
                .setMaxCpuTimeMs(WireValues.millisRoundedUp(limits.maxCpuTime()))
                .setMaxFileDescriptors(limits.maxFileDescriptors())
                .setMaxProcesses(limits.maxProcesses())
                .setMaxNetworkConnections(limits.maxNetworkConnections())
                .setMaxOpenStreams(limits.maxOpenStreams())
                .setMaxInlineBytes(limits.maxInlineBytes())
                .setMaxTasks(limits.maxTasks())
                .setExact(true)
                .build();
    }

    /** The limits as they stand; what is too large for Java is as large as can be. */
    static ResourceLimits exactLimits(dev.syscallkernel.proto.ResourceLimits limits) {
        return new ResourceLimits(
                WireValues.saturated(limits.getMaxMemoryBytes()),
                Duration.ofMillis(WireValues.saturated(limits.getMaxCpuTimeMs())),
                WireValues.saturated(limits.getMaxFileDescriptors()),
                WireValues.saturated(limits.getMaxProcesses()),
                WireValues.saturated(limits.getMaxNetworkConnections()),
                WireValues.saturated(limits.getMaxOpenStreams()),
                WireValues.saturated(limits.getMaxTasks()),
                WireValues.saturated(limits.getMaxInlineBytes()));
    }

    /** The limits, with the kernel's own for every zero that is not meant as one. */
    static ResourceLimits fromWire(
            dev.syscallkernel.proto.ResourceLimits limits, Supplier<ResourceLimits> kernelLimits) {
        ResourceLimits asked = exactLimits(limits);
        if (limits.getExact()) {
            return asked;
        }
        ResourceLimits defaults = kernelLimits.get();
        return new ResourceLimits(
                asked.maxMemoryBytes() == 0 ? defaults.maxMemoryBytes() : asked.maxMemoryBytes(),
                asked.maxCpuTime().isZero() ? defaults.maxCpuTime() : asked.maxCpuTime(),
                orDefault(asked.maxFileDescriptors(), defaults.maxFileDescriptors()),
                orDefault(asked.maxProcesses(), defaults.maxProcesses()),
                orDefault(asked.maxNetworkConnections(), defaults.maxNetworkConnections()),
                orDefault(asked.maxOpenStreams(), defaults.maxOpenStreams()),
                orDefault(asked.maxTasks(), defaults.maxTasks()),
                orDefault(asked.maxInlineBytes(), defaults.maxInlineBytes()));
    }

    private static int orDefault(int asked, int defaultValue) {
        return asked == 0 ? defaultValue : asked;
    }

    /** @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for what the wire cannot express */
    static UpdateSandboxRequest toWire(Pid pid, Sandbox sandbox) {
        try {
            return request(pid, sandbox);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(Failures.UPDATE_SANDBOX, pid.toString(), refusal);
        }
    }

    private static UpdateSandboxRequest request(Pid pid, Sandbox sandbox) {
        UpdateSandboxRequest.Builder request = UpdateSandboxRequest.newBuilder()
                .setPid(pid.value())
                .addAllCapabilities(WireEnums.toWire(sandbox.capabilities()))
                .addAllAllowedPaths(texts(sandbox.allowedPaths()))
                .addAllBlockedPaths(texts(sandbox.blockedPaths()));
        sandbox.limits().map(SandboxCodec::toWire).ifPresent(request::setLimits);
        return request.build();
    }

    /** @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for what makes no sense */
    static Sandbox fromWire(UpdateSandboxRequest request, Supplier<ResourceLimits> kernelLimits) {
        try {
            return new Sandbox(
                    WireEnums.fromWire(request.getCapabilitiesList()),
                    request.getAllowedPathsList(),
                    request.getBlockedPathsList(),
                    request.hasLimits() ? fromWire(request.getLimits(), kernelLimits) : null);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(Failures.UPDATE_SANDBOX, Integer.toUnsignedString(request.getPid()), refusal);
        }
    }

    static List<String> texts(List<String> texts) {
        return texts.stream().map(WireValues::text).toList();
    }
}
