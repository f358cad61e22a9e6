package io.covey.storage;

/** The directory cannot be used; the message is one clear line for the operator. */
public final class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong with which file, and what to do. */
    public StorageException(String message) {
        super(message);
    }

    /** The same with the reason underneath. */
    public StorageException(String message, Throwable cause) {
        super(message, cause);
    }
}
