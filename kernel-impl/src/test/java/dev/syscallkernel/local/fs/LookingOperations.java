package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;

/** Operations, each of which a test sees before it is done, and can make fail instead. */
final class LookingOperations {

    /** Sees an operation before it is done, and may fail instead. */
    interface Look {
        void at(String operation, Object[] arguments) throws IOException;
    }

    private LookingOperations() {}

    /** Of the host. */
    static FileOperations of(Look look) {
        return of(new HostOperations(), look);
    }

    static FileOperations of(FileOperations operations, Look look) {
        return (FileOperations) Proxy.newProxyInstance(
                FileOperations.class.getClassLoader(),
                new Class<?>[] {FileOperations.class},
                (proxy, method, arguments) -> {
                    look.at(method.getName(), arguments);
                    try {
                        return method.invoke(operations, arguments);
                    } catch (InvocationTargetException failure) {
                        throw failure.getCause();
                    }
                });
    }

    /** Whether this is the record of a type, such as C for the one that makes a batch count. */
    static boolean isRecord(char type, String operation, Object[] arguments) {
        return operation.equals("append") && ((ByteBuffer) arguments[2]).get(Integer.BYTES) == type;
    }
}
