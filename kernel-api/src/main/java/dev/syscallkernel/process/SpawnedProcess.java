package dev.syscallkernel.process;

import dev.syscallkernel.Pid;

/**
 * A program that has been started.
 *
 * @param pid the logical process that it is
 * @param osPid the operating system's id of its main process
 */
public record SpawnedProcess(Pid pid, long osPid) {}
