// A client of MQTT.js that is told by lines what to do; see MqttJsClient.
'use strict';
const path = require('node:path');
const readline = require('node:readline');
const mqtt = require(path.join(process.cwd(), 'node_modules', 'mqtt'));

let client;

function say(...fields) {
  process.stdout.write(fields.join('\t') + '\n');
}

function answer(error) {
  say(error ? `error ${error.message || error}` : 'ok');
}

function connect([port, clientId, protocolId, protocolVersion, clean, expiry, willTopic, will]) {
  const options = {
    host: '127.0.0.1',
    port: Number(port),
    clientId,
    protocolId,
    protocolVersion: Number(protocolVersion),
    clean: clean === 'true',
    reconnectPeriod: 200,
    resubscribe: false,
  };
  if (protocolVersion === '5' && expiry) {
    options.properties = { sessionExpiryInterval: Number(expiry) };
  }
  if (willTopic) {
    options.will = { topic: willTopic, payload: Buffer.from(will), qos: 1, retain: false };
  }
  client = mqtt.connect(options);
  client.on('message', (topic, payload, packet) => say('message', topic, payload, packet.qos, packet.retain));
  client.on('error', () => {}); // It connects again by itself.
  client.once('connect', () => answer());
}

const commands = {
  connect,
  subscribe: ([filter, qos]) =>
    client.subscribe(filter, { qos: Number(qos) }, (error, granted) =>
      answer(error || (granted[0].qos === Number(qos) ? undefined : `granted ${granted[0].qos}`))),
  publish: ([topic, payload, qos, retain]) =>
    client.publish(topic, payload, { qos: Number(qos), retain: retain === 'true' }, answer),
  disconnect: () => client.end(false, {}, answer),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, ...fields] = line.split('\t');
  commands[command](fields);
}).on('close', () => process.exit());
