"""More requests than can be answered, of kinds that are each legal."""

import json
import time

from .server import Background, Probe, Server
from .support import Case, attack, event, megabytes


def lines(tag, count=10_000):
    return "".join(
        json.dumps(event(f"{tag}-{n}", f"{tag}-user-{n % 500}", f"item-{n % 60 + 1:04}")) + "\n"
        for n in range(count)).encode()


class Load(Case):
    # Supervisors wait for an answer for some seconds; half of all answers come far sooner.
    WAIT_MAX = 5
    MEDIAN_MAX = 0.3

    @attack("H1", "eight connections upload 10,000 events each, again and again")
    def test_uploads_leave_room_for_reads(self):
        self.shop()
        server = Server(self)
        limit = time.monotonic() + 15

        def upload(place):
            statuses, number = [], 0
            while time.monotonic() < limit:
                answer = server.post(lines(f"h1-{place}-{number}"), "application/x-ndjson", 60)
                statuses.append(answer.status)
                number += 1
            return statuses
        uploads = Background(*[lambda place=place: upload(place) for place in range(8)])
        ready = Probe(server, "/readyz", 0.2, timeout=60)
        twins = Probe(server, "/v1/twins/customer-0003", 0.2, timeout=60)
        results = uploads.wait(45)
        for probe in (ready.stop(), twins.stop()):
            self.saw(probe.figures)
        statuses = [status for result in results for status in result or [0]]
        self.saw(f"{statuses.count(200)} uploads answered 200, {statuses.count(503)} 503")
        self.harmless([
            server.trouble,
            *(f"{probe.path} waited {probe.worst:.1f} s; expected less than {self.WAIT_MAX} s"
              for probe in (ready, twins) if probe.worst >= self.WAIT_MAX),
            *(f"half of {probe.path} waited {probe.percentile(.5):.1f} s or more; expected "
              f"less than {self.MEDIAN_MAX} s"
              for probe in (ready, twins) if probe.percentile(.5) >= self.MEDIAN_MAX),
            *(f"an upload was answered {status or 'not at all'}" for status in statuses
              if status not in (200, 429, 503))])

    @attack("H2", "eight times as many recommendations as can be answered", slow=True)
    def test_overload_does_not_lower_what_is_answered(self):
        self.shop(is_large=True)
        server = Server(self)
        path, _ = server.dear_path(0.3)

        def work(until):
            count = 0
            while time.monotonic() < until:
                count += server.get(path).status == 200
            return count
        # By processor time and not by the clock, for other programs may run beside this one.
        began, spent = time.monotonic(), server.processor_seconds
        two = Background(*[lambda: work(began + 8)] * 2)
        usual = sum(two.wait(30))
        usual_cost = (server.processor_seconds - spent) / max(1, usual)
        interval = min(1.0, (time.monotonic() - began) / max(1, usual) / 8)
        began, spent, calls = time.monotonic(), server.processor_seconds, []
        while time.monotonic() < began + 12:
            calls.append(Background(lambda: server.get(path, timeout=30)))
            time.sleep(interval)
        answers = [call.wait(max(0, began + 30 - time.monotonic()))[0] for call in calls]
        good = [answer.seconds for answer in answers if answer and answer.status == 200]
        cost = (server.processor_seconds - spent) / max(1, len(good))
        ages = sorted(good) or [0]
        self.saw(f"{usual_cost:.2f} s of a processor an answer alone; {len(answers)} asked in "
                 f"12 s, {len(good)} answered 200 after {ages[len(ages) // 2]:.1f} s (half) … "
                 f"{ages[-1]:.1f} s, {cost:.2f} s of a processor each")
        self.harmless([
            server.trouble, "expected answers" if not good else "",
            "expected at most 1.3 times the work for an answer" if cost > 1.3 * usual_cost
            else ""])

    @attack("M1", "60 clients ask for recommendations and leave")
    def test_clients_that_left_cost_nothing(self):
        self.shop(is_large=True)
        server = Server(self)
        path, alone = server.dear_path(0.3)
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        clients = [server.connect() for _ in range(60)]
        for client in clients:
            client.sendall(request)
        time.sleep(0.3)
        for client in clients:
            client.close()
        time.sleep(0.3)
        answer = server.get("/v1/twins/customer-0004/recommendations?paths=10", timeout=30)
        limit = max(3.0, 6 * alone)
        self.saw(f"one alone {alone:.2f} s; after those who left: {answer}")
        self.harmless([server.trouble, "" if answer.status == 200 and answer.seconds < limit else
                       f"expected 200 within {limit:.1f} s"])

    @attack("M3", "16 uploads of 10,000 events at once", slow=True)
    def test_groups_of_uploads_are_bounded(self):
        self.shop()
        server = Server(self)
        before = server.meter.restart()
        bodies = [lines(f"m3-{place}") for place in range(16)]
        uploads = Background(*[
            lambda body=body: server.post(body, "application/x-ndjson", 100) for body in bodies])
        answers = uploads.wait(100)
        self.assertTrue(all(answers), "not all uploads were answered within 100 s")
        times = sorted(answer.seconds for answer in answers)
        growth = server.meter.peak - before
        self.saw(f"answers after {times[0]:.1f}, {times[3]:.1f} (fourth) … {times[-1]:.1f} s; "
                 f"+{megabytes(growth)}")
        good = sum(answer.status == 200 for answer in answers)
        self.harmless([
            server.trouble,
            "" if good else "no upload was taken",
            "" if times[3] < 0.7 * times[-1] or times[-1] < 3 else
            "expected answers as groups are written, not all at the end",
            "" if growth < 1_000_000_000 else "expected less than 1 GB more memory"])
