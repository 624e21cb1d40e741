// Pages talk over one socket; where it breaks they try again, and say so.
Blazor.start({
  circuit: {
    reconnectionOptions: { maxRetries: 30, retryIntervalMilliseconds: (n) => Math.min(250 * (n + 1), 3000) },
    reconnectionHandler: {
      onConnectionDown: () => window.cairn.connection(false),
      onConnectionUp: () => window.cairn.connection(true),
    },
  },
});
