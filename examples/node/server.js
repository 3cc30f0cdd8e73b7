// Says in words how long it has been up.
const http = require('http');
const ms = require('ms');

const address = {host: '0.0.0.0', port: 8080};

if (process.argv[2] === '--check') {
  http.get({port: address.port}, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1))
      .on('error', () => process.exit(1));
} else {
  const begun = Date.now();
  http.createServer((request, answer) => answer.end(`up for ${ms(Date.now() - begun)}, a day is ${ms('1d')} ms\n`))
      .listen(address);
}
