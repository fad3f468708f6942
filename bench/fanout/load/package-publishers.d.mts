// Types of package-publishers.mjs, whose packages are installed only where the benchmark has run.

export interface PackagePublisher {
  publish(topic: string, message: object): void;
  close(): void;
}

export function openSocketIoPublisher(redisUrl: string): PackagePublisher;
export function openMqEmitterPublisher(redisUrl: string): PackagePublisher;
