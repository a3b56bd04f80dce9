package dev.syscallkernel.local.task;

import java.time.Duration;

/**
 * How a kernel runs tasks.
 *
 * @param threads how many tasks can be at work at a time
 * @param agingStep how much earlier a task counts as submitted for each step of priority
 * @param maxTasks how many can live at a time, in all processes
 * @param maxBytes how many bytes their arguments can have, in all processes; a quarter of it in one
 * @param retention how long the end of a task is remembered
 * @param retainedBytes how many bytes tasks that have ended may keep in memory, with their results
 */
public record TaskSettings(
        int threads, Duration agingStep, int maxTasks, long maxBytes, Duration retention, long retainedBytes) {}
