package dev.syscallkernel.process;

import java.time.Duration;

/**
 * What a program and all that it started use, as the operating system counts it. Zeros for a process without a program.
 *
 * @param cpuTime processor time so far, that of ended ones among them included
 * @param residentBytes memory they occupy now; what they share counts for each
 * @param processes how many processes of the operating system they are now
 * @param threads how many threads those have
 */
public record ProcessStats(Duration cpuTime, long residentBytes, int processes, int threads) {}
