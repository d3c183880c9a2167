// A server renders components that have a socket, in a Node without WebSocket: nothing is opened, nothing fails.
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { createSSRApp, h } from 'vue';
import { renderToString as renderVue } from 'vue/server-renderer';

delete globalThis.WebSocket;
const [react, vue] = await Promise.all([import('@tetherscope/tether/react'), import('@tetherscope/tether/vue')]);
const inReact = () => createElement('p', null, react.useTether('wss://example.com').state);
const inVue = { setup() { const { state } = vue.useTether('wss://example.com'); return () => h('p', state.value); } };
console.log(renderToString(createElement(inReact)) + (await renderVue(createSSRApp(inVue))));
