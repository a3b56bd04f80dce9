package dev.syscallkernel.process;

import dev.syscallkernel.Pid;

/**
 * What makes a logical process a program of the operating system.
 *
 * @param parent the process that started it
 * @param program as its command named it
 * @param osPid the operating system's id of its main process
 * @param launcher how it is confined
 */
public record ChildInfo(Pid parent, String program, long osPid, LauncherTier launcher) {}
