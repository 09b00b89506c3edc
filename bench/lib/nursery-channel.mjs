/**
 * A bounded channel as a careful team would write it beside its nursery: first come first served, and
 * whoever waits belongs to a task and is let go when that is cancelled.
 */

const ACCEPTED = Promise.resolve();

/** Values from any senders to any receivers, each to one. */
export class Channel {
  /** @param {number} capacity Values that it has room for, at least 1. */
  constructor(capacity) {
    this.capacity = capacity;
    this.values = new Queue();
    this.senders = new Queue();
    this.receivers = new Queue();
  }

  /**
   * Resolves once `value` has a place, or rejects when `task` is cancelled first.
   *
   * @param {import("./nursery.mjs").Task} task
   * @param {unknown} value
   */
  send(task, value) {
    if (task.cancelled !== undefined) return Promise.reject(task.cancelled);
    const receiver = nextWaiting(this.receivers);
    if (receiver !== undefined) {
      receiver.settle(value);
      return ACCEPTED;
    }
    if (this.values.length < this.capacity) {
      this.values.push(value);
      return ACCEPTED;
    }
    return new Promise((resolve, reject) => {
      this.senders.push(new Waiting(task, resolve, reject, value));
    });
  }

  /**
   * Resolves with the next value, or rejects when `task` is cancelled first.
   *
   * @param {import("./nursery.mjs").Task} task
   */
  receive(task) {
    if (task.cancelled !== undefined) return Promise.reject(task.cancelled);
    if (this.values.length > 0) {
      const value = this.values.shift();
      const sender = nextWaiting(this.senders);
      if (sender !== undefined) {
        this.values.push(sender.value);
        sender.settle(undefined);
      }
      return Promise.resolve(value);
    }
    return new Promise((resolve, reject) => {
      this.receivers.push(new Waiting(task, resolve, reject, undefined));
    });
  }
}

/** The first one that waits still: those that were cancelled lie in the queue until it is their turn. */
function nextWaiting(queue) {
  while (queue.length > 0) {
    const waiting = queue.shift();
    if (!waiting.isOver) return waiting;
  }
  return undefined;
}

/** One pending send or receive. */
class Waiting {
  constructor(task, resolve, reject, value) {
    this.task = task;
    this.resolve = resolve;
    this.reject = reject;
    this.value = value;
    this.isOver = false;
    task.add(this);
  }

  settle(value) {
    this.disarm();
    this.resolve(value);
  }

  /** @param {import("./nursery.mjs").CancelledError} reason */
  cancel(reason) {
    this.disarm();
    this.reject(reason);
  }

  disarm() {
    this.isOver = true;
    this.task.members.delete(this);
  }
}

/** First in, first out. An array whose front is given up half at a time, since `shift` moves it all. */
class Queue {
  constructor() {
    this.items = [];
    this.front = 0;
  }

  get length() {
    return this.items.length - this.front;
  }

  push(item) {
    this.items.push(item);
  }

  shift() {
    const item = this.items[this.front];
    this.items[this.front] = undefined;
    this.front += 1;
    if (this.front > 32 && this.front * 2 > this.items.length) {
      this.items.splice(0, this.front);
      this.front = 0;
    }
    return item;
  }
}
