module.exports = {
  mode: 'production',
  devtool: false, // the development default evaluates strings, which a strict Content-Security-Policy forbids
  performance: { maxAssetSize: 4 << 20 }, // tether.wasm
  entry: './main.js',
  output: { path: `${__dirname}/packed`, filename: 'main.js', publicPath: '/' },
};
