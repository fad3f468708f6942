// What a backend service imports as `tidings/publisher`.
export {
  createPublisher,
  type CallOptions,
  type Publisher,
  type PublisherOptions,
  type RequestOptions,
  type Token,
} from './publisher.ts';
export { PublishError, type PublishErrorCode } from './publish-error.ts';
export type * from '../client/generated.ts';
