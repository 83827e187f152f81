import asyncio
import threading

from sighten_warehouse.receiver.handover import Handover


def test_results_of_another_thread_arrive_in_order_with_one_wake_up() -> None:
    received: list[int] = []
    wake_ups: list[object] = []

    async def receive() -> None:
        loop = asyncio.get_running_loop()
        call_soon = loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *given: (wake_ups.append(given), call_soon(*given))[1]  # type: ignore[assignment]
        handover = Handover[int]()
        handover.start(loop)
        thread = threading.Thread(target=lambda: [handover.put(received.append, number) for number in range(64)])
        thread.start()
        thread.join()
        await asyncio.sleep(0)
        handover.put(received.append, 64)
        await asyncio.sleep(0)

    asyncio.run(receive())

    assert list(range(65)) == received
    assert 2 == len(wake_ups)


def test_a_result_after_the_end_of_the_loop_is_dropped() -> None:
    received: list[int] = []
    handover = Handover[int]()
    loop = asyncio.new_event_loop()
    handover.start(loop)
    loop.close()

    handover.put(received.append, 1)

    assert [] == received
