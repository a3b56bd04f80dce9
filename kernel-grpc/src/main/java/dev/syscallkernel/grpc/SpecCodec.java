package dev.syscallkernel.grpc;

import static dev.syscallkernel.grpc.WireValues.text;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.proto.CapabilitySet;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.HostMount;
import dev.syscallkernel.proto.MountRequest;
import dev.syscallkernel.proto.ScratchMount;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Descriptions of processes to be created. */
final class SpecCodec {
    private SpecCodec() {}

    /**
     * The request for such a process.
     *
     * @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for what the wire cannot express, PERMISSION_DENIED for
     *     a mount that cannot be had remotely
     */
    static CreateProcessRequest toWire(ProcessSpec spec) {
        try {
            return request(spec);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(Failures.CREATE_PROCESS, spec.name(), refusal);
        }
    }

    private static CreateProcessRequest request(ProcessSpec spec) {
        Sandbox sandbox = spec.sandbox();
        CreateProcessRequest.Builder request = CreateProcessRequest.newBuilder()
                .setName(text(spec.name()))
                .setPriority(spec.priority())
                .setSandboxLevel(WireEnums.toWire(spec.level()))
                .setCapabilities(CapabilitySet.newBuilder().addAllValues(WireEnums.toWire(sandbox.capabilities())))
                .addAllAllowedPaths(SandboxCodec.texts(sandbox.allowedPaths()))
                .addAllBlockedPaths(SandboxCodec.texts(sandbox.blockedPaths()));
        spec.environment().forEach((key, value) -> request.addEnvVars(assignment(key, value)));
        spec.mounts().forEach(mount -> request.addMounts(toWire(mount)));
        sandbox.limits().map(SandboxCodec::toWire).ifPresent(request::setLimits);
        return request.build();
    }

    /**
     * The process that is asked for.
     *
     * @param mountable what host directories may be mounted
     * @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for what makes no sense, PERMISSION_DENIED for a mount
     *     that is not allowed
     */
    static ProcessSpec fromWire(
            CreateProcessRequest request, MountableDirectories mountable, Supplier<ResourceLimits> kernelLimits) {
        try {
            return spec(request, mountable, kernelLimits);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(Failures.CREATE_PROCESS, request.getName(), refusal);
        }
    }

    private static ProcessSpec spec(
            CreateProcessRequest request, MountableDirectories mountable, Supplier<ResourceLimits> kernelLimits) {
        SandboxLevel level = WireEnums.fromWire(request.getSandboxLevel());
        Set<Capability> capabilities = request.hasCapabilities()
                ? WireEnums.fromWire(request.getCapabilities().getValuesList())
                : level.capabilities();
        Sandbox sandbox = new Sandbox(
                capabilities,
                request.getAllowedPathsList(),
                request.getBlockedPathsList(),
                request.hasLimits() ? SandboxCodec.fromWire(request.getLimits(), kernelLimits) : null);
        List<Mount> mounts = new ArrayList<>();
        request.getMountsList().forEach(mount -> mounts.add(fromWire(mount, mountable)));
        return new ProcessSpec(
                request.getName(),
                level,
                request.getPriority(),
                sandbox,
                mounts,
                environment(request.getEnvVarsList()));
    }

    private static MountRequest toWire(Mount mount) {
        MountRequest.Builder request = MountRequest.newBuilder().setPath(text(mount.path()));
        if (mount instanceof Mount.HostDirectory host) {
            if (host.resolution() != Mount.Resolution.RACE_FREE) {
                throw Failures.mount(
                        mount.path(),
                        ErrorCode.PERMISSION_DENIED,
                        "racy resolution is not to be had remotely; only the kernel's operator can mount like that");
            }
            return request.setHost(HostMount.newBuilder()
                            .setDirectory(text(host.directory().toString()))
                            .setReadOnly(host.access() == Access.READ_ONLY))
                    .build();
        }
        return request.setScratch(ScratchMount.getDefaultInstance()).build();
    }

    private static Mount fromWire(MountRequest request, MountableDirectories mountable) {
        return switch (request.getSourceCase()) {
            case SCRATCH -> new Mount.Scratch(request.getPath());
            case HOST -> {
                Path directory = mountable.resolve(request.getHost().getDirectory(), request.getPath());
                Access access = request.getHost().getReadOnly() ? Access.READ_ONLY : Access.READ_WRITE;
                yield new Mount.HostDirectory(request.getPath(), directory, access);
            }
            case SOURCE_NOT_SET ->
                throw Failures.mount(
                        request.getPath(),
                        ErrorCode.INVALID_ARGUMENT,
                        "the mount has no source; known are host and scratch");
        };
    }

    static String assignment(String key, String value) {
        if (key.isEmpty() || key.indexOf('=') >= 0) {
            throw new IllegalArgumentException("not the name of an environment variable: '" + key + "'");
        }
        return text(key) + "=" + text(value);
    }

    static Map<String, String> environment(List<String> assignments) {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            if (equals < 1 || assignment.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "an environment variable is given as KEY=VALUE, not as '" + assignment + "'");
            }
            environment.put(assignment.substring(0, equals), assignment.substring(equals + 1));
        }
        return environment;
    }
}
