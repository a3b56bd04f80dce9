package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:50051, 127.0.0.1:50051",
        "[::1]:0, [::1]:0",
        "unix:/run/kernel.sock, unix:/run/kernel.sock",
        "unix:///run/kernel.sock, unix:/run/kernel.sock",
        "unix:kernel.sock, unix:kernel.sock"
    })
    void addressesReadAsTheyAreWritten(String text, String canonical) {
        Endpoint endpoint = Endpoint.parse(text);
        assertThat(endpoint).hasToString(canonical);
        assertThat(Endpoint.parse(endpoint.toString())).isEqualTo(endpoint);
    }

    @Test
    void aNameIsLookedUp() {
        assertThat(Endpoint.parse("localhost:1").toString()).matches("(127\\.0\\.0\\.1|\\[::1]):1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "127.0.0.1", ":50051", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:50051", "unix:"
            })
    void whatIsNoAddressIsRefusedWithExamples(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("127.0.0.1:50051");
    }
}
