// A client of the kernel in Node: a plain call, a stream in each direction, a task, a batch.
//
//     npm install @grpc/grpc-js @grpc/proto-loader
//     node client.js 127.0.0.1:50051

'use strict';

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const CHUNK = 64 * 1024;
const proto = path.join(__dirname, '../../../../proto/src/main/proto/kernel.proto');
const definition = loader.loadSync(proto, { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true });
const { KernelService } = grpc.loadPackageDefinition(definition).kernel;

const address = process.argv[2] ?? '127.0.0.1:50051';
const kernel = new KernelService(address, grpc.credentials.createInsecure());

/** One unary call as a promise. */
const call = (method, request) =>
  new Promise((resolve, reject) =>
    kernel[method](request, (error, response) => (error ? reject(error) : resolve(response))));

/** What a syscall answers stands in the response: a file that is missing is no error of the call. */
async function execute(request) {
  const response = await call('ExecuteSyscall', request);
  if (response.result === 'success') return response.success;
  throw new Error(response.error?.message ?? response.permission_denied.reason);
}

/** Publishes the file in one step; a stream that ends without `finish` publishes nothing. */
function upload(pid, file, data) {
  return new Promise((resolve, reject) => {
    let answer;
    const stream = kernel.StreamSyscall();
    stream.on('data', (chunk) => (answer = chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve(answer.complete.total_bytes));
    (async () => {
      stream.write({ pid, write: { path: file } });
      for (let start = 0; start < data.length; start += CHUNK) {
        const more = stream.write({ pid, write: { chunk: data.subarray(start, start + CHUNK) } });
        if (!more) await new Promise((drained) => stream.once('drain', drained));
      }
      stream.write({ pid, write: { finish: true } });
      stream.end();
    })().catch(reject);
  });
}

async function download(pid, file) {
  const stream = kernel.StreamSyscall();
  stream.end({ pid, read: { path: file } });
  const chunks = [];
  for await (const chunk of stream) if (chunk.chunk === 'data') chunks.push(chunk.data);
  return Buffer.concat(chunks);
}

async function main() {
  const created = await call('CreateProcess', { name: 'node', sandbox_level: 'STANDARD' });
  if (!created.success) throw new Error(created.error);
  const { pid } = created;
  try {
    await execute({ pid, write_file: { path: '/hi.txt', data: Buffer.from('hello') } });
    console.log('read:', (await execute({ pid, read_file: { path: '/hi.txt' } })).data.toString());

    const data = Buffer.alloc(10_240_000, 'abc');
    console.log('streamed up:', await upload(pid, '/big.bin', data), 'bytes');
    console.log('streamed down, equal:', data.equals(await download(pid, '/big.bin')));

    await execute({ pid, read_file: { path: '/missing.txt' } }).catch((error) =>
      console.log('as expected:', error.message));

    const nap = await call('ExecuteSyscallAsync', { pid, sleep: { duration_ms: 3_600_000 } });
    await call('CancelAsync', { task_id: nap.task_id });
    console.log('task:', (await call('WaitAsync', { task_id: nap.task_id, timeout_ms: 5_000 })).status);

    const batch = await call('ExecuteSyscallBatch', {
      requests: [
        { pid, move_file: { source: '/hi.txt', destination: '/moved.txt' } },
        { pid, delete_file: { path: '/big.bin' } },
      ],
      atomic: true,
    });
    console.log('batch:', batch.success_count, 'succeeded,', batch.failure_count, 'failed');
  } finally {
    await call('TerminateProcess', { pid });
    kernel.close();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
