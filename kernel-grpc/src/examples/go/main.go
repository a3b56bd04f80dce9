// A client of the kernel in Go: a plain call, a stream in each direction, a task, a batch.
//
//	go install google.golang.org/protobuf/cmd/protoc-gen-go@latest google.golang.org/grpc/cmd/protoc-gen-go-grpc@latest
//	protoc -I ../../../../proto/src/main/proto --go_out=. --go-grpc_out=. \
//	    --go_opt=Mkernel.proto=./kernel --go-grpc_opt=Mkernel.proto=./kernel kernel.proto
//	go mod tidy
//	go run . 127.0.0.1:50051
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "example.org/kernelclient/kernel"
)

const chunkSize = 64 * 1024

type client struct {
	kernel pb.KernelServiceClient
	pid    uint32
}

func main() {
	address := "127.0.0.1:50051"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		log.Fatal(err)
	}
}

func run(address string) error {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	kernel := pb.NewKernelServiceClient(connection)
	created, err := kernel.CreateProcess(ctx, &pb.CreateProcessRequest{Name: "go", SandboxLevel: pb.SandboxLevel_STANDARD})
	if err != nil {
		return err
	}
	if !created.Success {
		return errors.New(created.Error)
	}
	defer kernel.TerminateProcess(ctx, &pb.TerminateProcessRequest{Pid: created.Pid})
	return (&client{kernel, created.Pid}).show(ctx)
}

func (c *client) show(ctx context.Context) error {
	if _, err := c.execute(ctx, &pb.SyscallRequest{Syscall: &pb.SyscallRequest_WriteFile{
		WriteFile: &pb.WriteFileCall{Path: "/hi.txt", Data: []byte("hello")}}}); err != nil {
		return err
	}
	read, err := c.execute(ctx, &pb.SyscallRequest{Syscall: &pb.SyscallRequest_ReadFile{
		ReadFile: &pb.ReadFileCall{Path: "/hi.txt"}}})
	if err != nil {
		return err
	}
	fmt.Println("read:", string(read.Data))

	data := bytes.Repeat([]byte("0123456789"), 1_024_000)
	sent, err := c.upload(ctx, "/big.bin", data)
	if err != nil {
		return err
	}
	fmt.Println("streamed up:", sent, "bytes")
	received, err := c.download(ctx, "/big.bin")
	if err != nil {
		return err
	}
	fmt.Println("streamed down, equal:", bytes.Equal(data, received))

	_, err = c.execute(ctx, &pb.SyscallRequest{Syscall: &pb.SyscallRequest_ReadFile{
		ReadFile: &pb.ReadFileCall{Path: "/missing.txt"}}})
	fmt.Println("as expected:", err)

	if err := c.task(ctx); err != nil {
		return err
	}
	return c.batch(ctx)
}

// execute makes one call. What a syscall answers stands in the response: a missing file is no error of the RPC.
func (c *client) execute(ctx context.Context, request *pb.SyscallRequest) (*pb.SuccessResult, error) {
	request.Pid = c.pid
	response, err := c.kernel.ExecuteSyscall(ctx, request)
	if err != nil {
		return nil, err
	}
	switch result := response.Result.(type) {
	case *pb.SyscallResponse_Success:
		return result.Success, nil
	case *pb.SyscallResponse_Error:
		return nil, errors.New(result.Error.Message)
	case *pb.SyscallResponse_PermissionDenied:
		return nil, errors.New(result.PermissionDenied.Reason)
	default:
		return nil, errors.New("a result that this client does not know")
	}
}

// upload publishes the file in one step; a stream that ends without finish publishes nothing.
func (c *client) upload(ctx context.Context, path string, data []byte) (uint64, error) {
	stream, err := c.kernel.StreamSyscall(ctx)
	if err != nil {
		return 0, err
	}
	send := func(write *pb.StreamFileWrite) error {
		return stream.Send(&pb.StreamSyscallRequest{Pid: c.pid, Request: &pb.StreamSyscallRequest_Write{Write: write}})
	}
	err = send(&pb.StreamFileWrite{Path: path})
	for start := 0; err == nil && start < len(data); start += chunkSize {
		err = send(&pb.StreamFileWrite{Chunk: data[start:min(start+chunkSize, len(data))]})
	}
	if err == nil {
		err = send(&pb.StreamFileWrite{Finish: true})
	}
	if err != nil && err != io.EOF { // io.EOF: the answer tells why the server wants no more
		return 0, err
	}
	answer, err := stream.Recv()
	if err != nil {
		return 0, err
	}
	return answer.GetComplete().GetTotalBytes(), stream.CloseSend()
}

func (c *client) download(ctx context.Context, path string) ([]byte, error) {
	stream, err := c.kernel.StreamSyscall(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(&pb.StreamSyscallRequest{Pid: c.pid, Request: &pb.StreamSyscallRequest_Read{
		Read: &pb.StreamFileRead{Path: path}}}); err != nil {
		return nil, err
	}
	var data []byte
	for {
		chunk, err := stream.Recv()
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		data = append(data, chunk.GetData()...)
	}
}

func (c *client) task(ctx context.Context) error {
	nap, err := c.kernel.ExecuteSyscallAsync(ctx, &pb.SyscallRequest{Pid: c.pid, Syscall: &pb.SyscallRequest_Sleep{
		Sleep: &pb.SleepCall{DurationMs: 3_600_000}}})
	if err != nil {
		return err
	}
	if _, err := c.kernel.CancelAsync(ctx, &pb.AsyncCancelRequest{TaskId: nap.TaskId}); err != nil {
		return err
	}
	ended, err := c.kernel.WaitAsync(ctx, &pb.AsyncWaitRequest{TaskId: nap.TaskId, TimeoutMs: 5_000})
	if err != nil {
		return err
	}
	fmt.Println("task:", ended.Status)
	return nil
}

func (c *client) batch(ctx context.Context) error {
	answer, err := c.kernel.ExecuteSyscallBatch(ctx, &pb.BatchSyscallRequest{
		Requests: []*pb.SyscallRequest{
			{Pid: c.pid, Syscall: &pb.SyscallRequest_MoveFile{
				MoveFile: &pb.MoveFileCall{Source: "/hi.txt", Destination: "/moved.txt"}}},
			{Pid: c.pid, Syscall: &pb.SyscallRequest_DeleteFile{DeleteFile: &pb.DeleteFileCall{Path: "/big.bin"}}},
		},
		Atomic: true,
	})
	if err != nil {
		return err
	}
	fmt.Println("batch:", answer.SuccessCount, "succeeded,", answer.FailureCount, "failed")
	return nil
}
