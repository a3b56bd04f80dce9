package dev.syscallkernel.local.syscall;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.security.Capability;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which capabilities each kind of syscall needs, and who does its work. Immutable. */
public final class SyscallTable {

    /** The rule of one kind of syscall. */
    record Rule<C extends Syscall<R>, R extends @Nullable Object>(
            Set<Capability> capabilities, Resources.@Nullable Kind holds, Handler<C, R> handler) {}

    private final Map<Class<?>, Rule<?, ?>> rules;

    private SyscallTable(Map<Class<?>, Rule<?, ?>> rules) {
        this.rules = Map.copyOf(rules);
    }

    /** The kinds of syscalls that have a rule. */
    public Set<Class<?>> kinds() {
        return rules.keySet();
    }

    @SuppressWarnings("unchecked") // The builder stores each rule under the class of its calls.
    <R extends @Nullable Object> Rule<Syscall<R>, R> rule(Syscall<R> call) {
        Rule<?, ?> rule = rules.get(call.getClass());
        if (rule == null) {
            throw new IllegalStateException("no rule for " + call.getClass().getName());
        }
        return (Rule<Syscall<R>, R>) rule;
    }

    /** Collects the rules; each kind of syscall once. */
    public static final class Builder {
        private final Map<Class<?>, Rule<?, ?>> rules = new HashMap<>();

        /** A syscall that answers on the caller's thread. */
        public <C extends Syscall<R>, R extends @Nullable Object> Builder immediate(
                Class<C> kind, Set<Capability> capabilities, Handler.Immediate<C, R> handler) {
            return put(kind, new Rule<>(capabilities, null, handler));
        }

        /** A syscall that answers on the caller's thread with something the process then holds. */
        public <C extends Syscall<R>, R extends @Nullable Object> Builder holding(
                Resources.Kind holds, Class<C> kind, Set<Capability> capabilities, Handler.Immediate<C, R> handler) {
            return put(kind, new Rule<>(capabilities, holds, handler));
        }

        /** A syscall that waits without a thread. */
        public <C extends Syscall<R>, R extends @Nullable Object> Builder deferred(
                Class<C> kind, Set<Capability> capabilities, Handler.Deferred<C, R> handler) {
            return put(kind, new Rule<>(capabilities, Resources.Kind.WAITING_CALL, handler));
        }

        private Builder put(Class<?> kind, Rule<?, ?> rule) {
            if (rules.put(kind, rule) != null) {
                throw new IllegalStateException("two rules for " + kind.getName());
            }
            return this;
        }

        public SyscallTable build() {
            return new SyscallTable(rules);
        }
    }
}
