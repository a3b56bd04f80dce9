"""A client of the kernel in Python: a plain call, a stream in each direction, a task, a batch.

    pip install grpcio grpcio-tools
    python -m grpc_tools.protoc -I ../../../../proto/src/main/proto --python_out=. --grpc_python_out=. kernel.proto
    python client.py 127.0.0.1:50051
"""

import sys

import grpc
import kernel_pb2 as k
import kernel_pb2_grpc

CHUNK = 64 * 1024


def succeeded(response):
    """What a syscall answers stands in the response: a file that is missing is no error of the call."""
    kind = response.WhichOneof("result")
    if kind == "success":
        return response.success
    if kind == "error":
        raise OSError(response.error.message)
    raise PermissionError(response.permission_denied.reason)


def upload(kernel, pid, path, data):
    """Publishes the file in one step; a stream that ends without `finish` publishes nothing."""

    def messages():
        yield k.StreamSyscallRequest(pid=pid, write=k.StreamFileWrite(path=path))
        for start in range(0, len(data), CHUNK):
            yield k.StreamSyscallRequest(pid=pid, write=k.StreamFileWrite(chunk=data[start : start + CHUNK]))
        yield k.StreamSyscallRequest(pid=pid, write=k.StreamFileWrite(finish=True))

    (answer,) = kernel.StreamSyscall(messages())
    return answer.complete.total_bytes


def download(kernel, pid, path):
    request = k.StreamSyscallRequest(pid=pid, read=k.StreamFileRead(path=path))
    return b"".join(chunk.data for chunk in kernel.StreamSyscall(iter([request])))


def main(address):
    kernel = kernel_pb2_grpc.KernelServiceStub(grpc.insecure_channel(address))
    created = kernel.CreateProcess(k.CreateProcessRequest(name="python", sandbox_level=k.STANDARD))
    if not created.success:
        sys.exit(created.error)
    pid = created.pid
    try:
        succeeded(
            kernel.ExecuteSyscall(k.SyscallRequest(pid=pid, write_file=k.WriteFileCall(path="/hi.txt", data=b"hello")))
        )
        read = k.SyscallRequest(pid=pid, read_file=k.ReadFileCall(path="/hi.txt"))
        print("read:", succeeded(kernel.ExecuteSyscall(read)).data.decode())

        data = bytes(range(256)) * 40_000
        print("streamed up:", upload(kernel, pid, "/big.bin", data), "bytes")
        print("streamed down, equal:", download(kernel, pid, "/big.bin") == data)

        try:
            succeeded(
                kernel.ExecuteSyscall(k.SyscallRequest(pid=pid, read_file=k.ReadFileCall(path="/missing.txt")))
            )
        except OSError as error:
            print("as expected:", error)

        nap = kernel.ExecuteSyscallAsync(k.SyscallRequest(pid=pid, sleep=k.SleepCall(duration_ms=3_600_000)))
        kernel.CancelAsync(k.AsyncCancelRequest(task_id=nap.task_id))
        ended = kernel.WaitAsync(k.AsyncWaitRequest(task_id=nap.task_id, timeout_ms=5_000))
        print("task:", k.AsyncStatusResponse.Status.Name(ended.status))

        batch = kernel.ExecuteSyscallBatch(
            k.BatchSyscallRequest(
                requests=[
                    k.SyscallRequest(pid=pid, move_file=k.MoveFileCall(source="/hi.txt", destination="/moved.txt")),
                    k.SyscallRequest(pid=pid, delete_file=k.DeleteFileCall(path="/big.bin")),
                ],
                atomic=True,
            )
        )
        print("batch:", batch.success_count, "succeeded,", batch.failure_count, "failed")
    finally:
        kernel.TerminateProcess(k.TerminateProcessRequest(pid=pid))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051")
