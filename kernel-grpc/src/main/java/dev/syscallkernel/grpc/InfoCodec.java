package dev.syscallkernel.grpc;

import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.proto.KernelInfoResponse;
import dev.syscallkernel.system.SystemInfo;
import java.util.Set;

/** What kernels and machines tell of themselves. */
final class InfoCodec {
    private InfoCodec() {}

    static dev.syscallkernel.proto.SystemInfo toWire(SystemInfo info) {
        return dev.syscallkernel.proto.SystemInfo.newBuilder()
                .setOperatingSystem(info.operatingSystem())
                .setOperatingSystemVersion(info.operatingSystemVersion())
                .setArchitecture(info.architecture())
                .setProcessors(info.processors())
                .setTotalMemoryBytes(info.totalMemoryBytes())
                .setFreeMemoryBytes(info.freeMemoryBytes())
                .setKernelVersion(info.kernelVersion())
                .build();
    }

    static SystemInfo fromWire(dev.syscallkernel.proto.SystemInfo info) {
        return new SystemInfo(
                info.getOperatingSystem(),
                info.getOperatingSystemVersion(),
                info.getArchitecture(),
                info.getProcessors(),
                info.getTotalMemoryBytes(),
                info.getFreeMemoryBytes(),
                info.getKernelVersion());
    }

    static KernelInfoResponse toWire(KernelInfo info) {
        KernelInfoResponse.Builder response = KernelInfoResponse.newBuilder()
                .setVersion(info.version())
                .setStartedAtNs(WireValues.nanos(info.startedAt()))
                .setCeiling(WireEnums.toWire(info.ceiling()))
                .setLimits(SandboxCodec.toWire(info.limits()))
                .setMaxProcesses(info.maxProcesses())
                .addAllFeatures(info.features().stream().sorted().toList());
        info.launcher().map(WireEnums::toWire).ifPresent(response::setLauncher);
        return response.build();
    }

    static KernelInfo fromWire(KernelInfoResponse info) {
        return new KernelInfo(
                info.getVersion(),
                WireValues.instantOfNanos(info.getStartedAtNs()),
                WireEnums.fromWire(info.getCeiling()),
                SandboxCodec.exactLimits(info.getLimits()),
                info.getMaxProcesses(),
                Set.copyOf(info.getFeaturesList()),
                WireEnums.fromWire(info.getLauncher()));
    }
}
