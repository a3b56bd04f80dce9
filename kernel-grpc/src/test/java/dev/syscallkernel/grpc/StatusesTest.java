package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.security.Capability;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusesTest {
    private static SyscallException failure(ErrorCode code) {
        return new SyscallException(code, "read_file", "/a", "because of tests");
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyFailureSurvivesTheWay(ErrorCode code) {
        StatusRuntimeException status = Statuses.of(failure(code));
        assertThat(status.getStatus().getCode()).isNotIn(Status.Code.OK, Status.Code.UNKNOWN);
        assertThat(Statuses.failure(status, "read_file", "/a")).hasValueSatisfying(arrived -> {
            assertThat(arrived.code()).isEqualTo(code);
            assertThat(arrived).hasMessage(failure(code).getMessage());
        });
    }

    @ParameterizedTest
    @EnumSource(Capability.class)
    void theLackingCapabilitySurvivesTheWay(Capability capability) {
        StatusRuntimeException status = Statuses.of(SyscallException.missingCapability("read_file", "/a", capability));
        assertThat(Statuses.failure(status, "read_file", "/a"))
                .hasValueSatisfying(arrived -> assertThat(arrived.capability()).contains(capability));
    }

    @Test
    void trailersStayWithinWhatClientsTake() {
        String text = "文".repeat(10_000);
        StatusRuntimeException status =
                Statuses.of(new SyscallException(ErrorCode.INTERNAL, "read_file", text, text + "\uD800"));
        Metadata trailers = status.getTrailers();
        assertThat(trailers).isNotNull();
        trailers.put(
                Metadata.Key.of("grpc-message", Metadata.ASCII_STRING_MARSHALLER),
                "%E6%96%87"
                        .repeat(String.valueOf(status.getStatus().getDescription())
                                .length()));
        int size = 0;
        for (byte[] part : InternalMetadata.serialize(trailers)) {
            size += part.length * 4 / 3 + 32;
        }
        assertThat(size).isLessThan(8192);
    }

    @ParameterizedTest
    @EnumSource(Status.Code.class)
    void aStatusOfGrpcItselfHasNoFailureOfOurs(Status.Code code) {
        assertThat(Statuses.failure(code.toStatus().asRuntimeException(), "read_file", "/a"))
                .isEmpty();
        assertThat(Statuses.errorCode(code)).isNotNull();
    }
}
