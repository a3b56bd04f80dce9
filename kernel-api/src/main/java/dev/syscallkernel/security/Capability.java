package dev.syscallkernel.security;

/** A kind of thing that a process may do. None is held unless granted. */
public enum Capability {
    /** Read files and their attributes. */
    READ_FILE,
    /** Change existing files, or replace them. */
    WRITE_FILE,
    /** Create files and directories. */
    CREATE_FILE,
    /** Delete files and directories. */
    DELETE_FILE,
    /** List directories and work in them. */
    LIST_DIRECTORY,
    /** Start programs of the operating system. */
    SPAWN_PROCESS,
    /** End programs of the operating system, and send them signals. */
    KILL_PROCESS,
    /** Reach the network. */
    NETWORK_ACCESS,
    /** Listen on the network. */
    BIND_PORT,
    /** Information about the machine. */
    SYSTEM_INFO,
    /** The clock, and sleeping. */
    TIME_ACCESS,
    /** Send messages to other processes. */
    SEND_MESSAGE,
    /** Receive messages from other processes. */
    RECEIVE_MESSAGE
}
