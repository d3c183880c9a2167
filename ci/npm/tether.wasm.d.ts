/** Where a bundler puts the file, for init({ wasmURL }). */
declare const url: string;
export default url;
