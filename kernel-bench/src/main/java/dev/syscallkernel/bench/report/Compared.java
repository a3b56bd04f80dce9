package dev.syscallkernel.bench.report;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a benchmark as a row of the report: what it is compared with, in the same run, and what it should reach. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Repeatable(Compared.All.class)
public @interface Compared {
    /** What is measured, as the report calls it. */
    String what();

    /**
     * The benchmark that it is compared with: a method of the same class, or {@code Class.method} of another one of the
     * package. Empty if with none.
     */
    String to();

    /** The speed to reach, as a multiple of that of the other benchmark; 0 if no goal is set. */
    double goal() default 0;

    /** The least that the figure itself may be, in the unit of the report; 0 if no goal is set. */
    double least() default 0;

    /** The most that the figure itself may be, in the unit of the report; 0 if no goal is set. */
    double most() default 0;

    /**
     * The parameters for which the goals are set, like {@code chunkSize=65536}; all if empty. A goal for the usual size
     * says nothing about the smallest.
     */
    String goalAt() default "";

    /** Whether it moves {@code mebibytes}, a parameter, so that the report gives its figures in GB/s. */
    boolean moves() default false;

    /** More than one of them. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface All {
        /** The single ones. */
        Compared[] value();
    }
}
