package dev.syscallkernel.fs;

/**
 * One name in a directory.
 *
 * @param name the name; where it is not valid UTF-8, with the replacement character for what could not be decoded
 * @param decodable whether {@code name} is exact, so that it can be used in a path
 * @param stat the attributes of the entry itself, not of what a link points to
 */
public record DirectoryEntry(String name, boolean decodable, FileStat stat) {}
