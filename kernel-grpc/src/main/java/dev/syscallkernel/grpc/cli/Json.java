package dev.syscallkernel.grpc.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;

/** Maps, lists, texts, numbers and truth values as JSON on one line. */
final class Json {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private Json() {}

    static String text(Object value) {
        return GSON.toJson(value);
    }
}
