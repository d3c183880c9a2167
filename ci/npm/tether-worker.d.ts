// The script of the SharedWorker of shared sockets. It exports nothing.
export {};
