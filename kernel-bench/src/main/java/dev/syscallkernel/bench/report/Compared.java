package dev.syscallkernel.bench.report;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a benchmark as a row of the report: what it is compared with, in the same run, and what it should reach. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Compared {
    /** What is measured, as the report calls it. */
    String what();

    /** The benchmark that it is compared with: a method of the same class. */
    String to();

    /** The speed to reach, as a multiple of that of the other benchmark; 0 if no goal is set. */
    double goal() default 0;

    /**
     * The parameters for which the goal is set, like {@code chunkSize=65536}; all if empty. A goal for the usual size
     * says nothing about the smallest.
     */
    String goalAt() default "";
}
