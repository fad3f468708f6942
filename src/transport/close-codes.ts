// The close codes that a WebSocket client meets. Standard clients reconnect after some and give up after others; the
// comment says which.

export const closeCodes = {
  /** Reconnect: the server is going away. */
  serviceRestart: 1012,
  /** Reconnect: something the server needs is away for the moment. */
  tryAgainLater: 1013,
  internalError: 1011,
  /** Final: the message was no message of the protocol. */
  badRequest: 4400,
  /** Final: the token is missing, invalid or revoked. */
  unauthorized: 4401,
  /** Reconnect, with a fresh token: the token has expired. */
  tokenExpired: 4403,
  /** Reconnect: connection_init did not come in time. */
  initTimeout: 4408,
  /** Final: the id of the operation is in use. */
  idInUse: 4409,
} as const;

/** What the protocol closes with, as a sentence that says what to do. A close reason holds 123 bytes. */
export const protocolReasons: Readonly<Record<number, string>> = {
  4400: 'This is no message of graphql-transport-ws: send JSON with a known `type` and what it needs.',
  4401: 'Send connection_init with a token first, and subscribe after connection_ack.',
  4406: 'Speak the subprotocol graphql-transport-ws.',
  4408: 'connection_init did not come in time: send it as soon as the socket is open.',
  4409: 'The operation id is in use: complete that operation first, or choose another id.',
  4429: 'connection_init was sent twice: send it once.',
};
