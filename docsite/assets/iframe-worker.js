// A browser starts no worker for a page that is opened from a disk: there, the search runs in a hidden frame.
// Zensical would load a script for that from another host, unless one of this name is given.
if (location.protocol === "file:") {
  // As a worker's messages: copies, and never within the call that sends them.
  const send = (message, receiver) => {
    const data = structuredClone(message)
    setTimeout(() => receiver.onmessage({ data }))
  }

  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.append(this.frame)
      const inside = this.frame.contentWindow
      inside.postMessage = (message) => send(message, this)
      const script = inside.document.createElement("script")
      script.src = url
      this.started = new Promise((resolve) => (script.onload = resolve)).then(() => inside)
      inside.document.body.append(script)
    }

    postMessage(message) {
      this.started.then((inside) => send(message, inside))
    }

    terminate() {
      this.frame.remove()
    }
  }
}
