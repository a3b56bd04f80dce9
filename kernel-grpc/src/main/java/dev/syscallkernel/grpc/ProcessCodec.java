package dev.syscallkernel.grpc;

import static dev.syscallkernel.grpc.WireValues.text;

import dev.syscallkernel.Pid;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ChildInfo;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.security.Sandbox;
import java.util.List;

/** Live processes. */
final class ProcessCodec {
    private ProcessCodec() {}

    static dev.syscallkernel.proto.ProcessInfo toWire(ProcessInfo info) {
        Sandbox sandbox = info.sandbox();
        dev.syscallkernel.proto.ProcessInfo.Builder wire = dev.syscallkernel.proto.ProcessInfo.newBuilder()
                .setPid(info.pid().value())
                .setName(info.name())
                .setSandboxLevel(WireEnums.toWire(info.level()))
                .setPriority(info.priority())
                .addAllCapabilities(WireEnums.toWire(sandbox.capabilities()))
                .addAllAllowedPaths(sandbox.allowedPaths())
                .addAllBlockedPaths(sandbox.blockedPaths())
                .setWorkingDirectory(info.workingDirectory())
                .setCreatedAtNs(WireValues.nanos(info.createdAt()))
                .setOpenStreams(info.openStreams())
                .setSyscalls(info.syscalls())
                .setFailedSyscalls(info.failedSyscalls());
        info.mounts().forEach(mount -> wire.addMounts(toWire(mount)));
        sandbox.limits().map(SandboxCodec::toWire).ifPresent(wire::setLimits);
        info.child().map(ProcessCodec::toWire).ifPresent(wire::setChild);
        return wire.build();
    }

    static ProcessInfo fromWire(dev.syscallkernel.proto.ProcessInfo wire) {
        Sandbox sandbox = new Sandbox(
                WireEnums.fromWire(wire.getCapabilitiesList()),
                wire.getAllowedPathsList(),
                wire.getBlockedPathsList(),
                wire.hasLimits() ? SandboxCodec.exactLimits(wire.getLimits()) : null);
        List<ProcessInfo.MountPoint> mounts =
                wire.getMountsList().stream().map(ProcessCodec::fromWire).toList();
        return new ProcessInfo(
                new Pid(wire.getPid()),
                wire.getName(),
                WireEnums.fromWire(wire.getSandboxLevel()),
                wire.getPriority(),
                sandbox,
                mounts,
                wire.getWorkingDirectory(),
                WireValues.instantOfNanos(wire.getCreatedAtNs()),
                wire.getOpenStreams(),
                wire.getSyscalls(),
                wire.getFailedSyscalls(),
                wire.hasChild() ? fromWire(wire.getChild()) : null);
    }

    private static dev.syscallkernel.proto.ChildInfo toWire(ChildInfo child) {
        return dev.syscallkernel.proto.ChildInfo.newBuilder()
                .setParentPid(child.parent().value())
                .setProgram(text(child.program()))
                .setOsPid(child.osPid())
                .setLauncher(WireEnums.toWire(child.launcher()))
                .build();
    }

    private static ChildInfo fromWire(dev.syscallkernel.proto.ChildInfo child) {
        LauncherTier launcher = WireEnums.fromWire(child.getLauncher());
        return new ChildInfo(
                new Pid(child.getParentPid()),
                child.getProgram(),
                child.getOsPid(),
                launcher == null ? LauncherTier.PLAIN : launcher);
    }

    private static dev.syscallkernel.proto.MountPoint toWire(ProcessInfo.MountPoint mount) {
        return dev.syscallkernel.proto.MountPoint.newBuilder()
                .setPath(text(mount.path()))
                .setReadOnly(mount.access() == Access.READ_ONLY)
                .build();
    }

    private static ProcessInfo.MountPoint fromWire(dev.syscallkernel.proto.MountPoint mount) {
        return new ProcessInfo.MountPoint(mount.getPath(), mount.getReadOnly() ? Access.READ_ONLY : Access.READ_WRITE);
    }
}
