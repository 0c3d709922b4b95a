"""Random interleavings of uploads, faults, deliveries and replays; after each, every upload has its outcome.

`HYPOTHESIS_PROFILE=long` looks much longer; the default run is the same on every machine.
"""

import os
from hashlib import sha256

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sink.errors import RowNotAccepted
from tests.faults.firehose import FAULTS
from tests.faults.ledger import settle
from tests.faults.trouble import TROUBLES
from tests.faults.world import World

KEYS = st.sampled_from(["a.jpg", "b/ü +.png", "c"])
BODIES = st.sampled_from([b"cat", b"dog", b"bird", b"bad one", b"poison", b""])
FEW = st.integers(1, 4)


class Interleavings(RuleBasedStateMachine):
    """Drives a `World`, and holds every step to what the code promises."""

    @initialize(versioned=st.booleans(), cache=st.booleans(), trust_etag=st.booleans(), rows=st.integers(1, 3))
    def build(self, versioned, cache, trust_etag, rows):
        self.world = World(versioned, cache, trust_etag, rows_a_record=rows)
        self.delivered_before: list[bytes] = []

    # ------------------------------------------------------------------ uploaders

    @rule(key=KEYS, body=BODIES, delay=st.sampled_from([0, 0, 30, 3000]))
    def upload(self, key, body, delay):
        self.world.upload(key, body, delay)

    @rule(key=KEYS, bodies=st.lists(BODIES, min_size=2, max_size=4))
    def upload_the_same_key_within_a_second(self, key, bodies):
        for body in bodies:
            self.world.upload(key, body)
            self.world.clock.advance(0.2)

    @precondition(lambda self: self.world.s3.current())
    @rule(data=st.data(), for_good=st.booleans())
    def delete(self, data, for_good):
        keys = sorted(self.world.s3.versions if self.world.s3.versioned else self.world.s3.current())
        key = data.draw(st.sampled_from(keys))
        if self.world.s3.versions[key]:
            self.world.delete(key, for_good and self.world.s3.versioned)

    @precondition(lambda self: self.world.events)
    @rule(data=st.data(), delay=st.sampled_from([0, 300]))
    def notify_again(self, data, delay):
        self.world.notify(data.draw(st.sampled_from(self.world.events)), delay)

    @rule(seconds=st.sampled_from([0.3, 5, 60, 600]))
    def time_passes(self, seconds):
        self.world.clock.advance(seconds)

    # ------------------------------------------------------------------ faults

    @rule(key=KEYS, troubles=st.lists(st.sampled_from(TROUBLES), min_size=1, max_size=4))
    def s3_will_fail(self, key, troubles):
        self.world.s3.trouble[key].extend(troubles)

    @rule(faults=st.lists(st.sampled_from(["", *FAULTS]), min_size=1, max_size=6))
    def firehose_will_fail(self, faults):
        self.world.firehose.faults.extend(faults)

    @rule(troubles=st.lists(st.sampled_from(TROUBLES[:2]), min_size=1, max_size=3), unprocessed=FEW)
    def the_cache_will_fail(self, troubles, unprocessed):
        self.world.table.trouble.extend(troubles)
        self.world.table.unprocessed = unprocessed

    @rule(expired=st.booleans())
    def credentials(self, expired):
        self.world.expire_credentials(expired)

    @rule(images=FEW)
    def the_worker_will_be_killed(self, images):
        self.world.scorer.kill_at = images

    @rule(image_s=st.sampled_from([0.05, 20, 50, 130]))
    def images_take_long(self, image_s):
        self.world.scorer.image_s = image_s

    # ------------------------------------------------------------------ the pipeline

    @precondition(lambda self: self.world.queue.visible())
    @rule(data=st.data(), forgets=st.booleans())
    def invoke(self, data, forgets):
        world = self.world
        visible = data.draw(st.permutations(world.queue.visible()))
        chosen = visible[: data.draw(st.integers(1, len(visible)))]
        sent, known = len(world.firehose.buffer), set(world.table.items)
        reliable = not (world.table.trouble or world.table.unprocessed or world.table.credentials_expired)
        resting = world.use_case.cache is not None and world.use_case.cache._rests_until > world.clock()

        done = world.invoke(chosen, forgets)

        named = {message.event.body for message in done.batch}
        assert set(done.runs) <= named, "scored what no message names"
        assert set(done.runs.values()) <= {1}, "scored one content twice in one batch"
        if world.use_case.cache is not None and reliable and not resting:
            contents = {body for body in done.runs if _sha256(body) in known}
            assert not contents, f"scored {contents}, whose results the cache has"
        if done.outcome is not None:
            rows = sum(done.outcome.rows.values())
            refused = any(isinstance(reason, RowNotAccepted) for reason in done.outcome.failures.values())
            assert set(done.outcome.failures) <= {message.message_id for message in done.batch}
            assert rows or len(world.firehose.buffer) == sent or refused
            began = done.batch and done.batch[0].visible_at - world.queue.visibility_s
            assert not done.batch or world.clock() < began + world.timeout_s, "used more time than there was"

    @rule(spoil=st.sampled_from([None, None, "scored", "superseded"]))
    def firehose_delivers(self, spoil):
        self.world.firehose.deliver(lambda row: row["status"] == spoil)

    @rule()
    def operators_redrive_the_dead_letters(self):
        self.world.queue.redrive()

    @rule()
    def operators_replay_the_error_output(self):
        self.world.firehose.replay()

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def every_event_is_somewhere(self):
        if not hasattr(self, "world"):
            return
        world = self.world
        waiting = {m.event.number for m in (*world.queue.messages.values(), *world.queue.dead.values())}
        told = b"".join([*world.firehose.buffer, *world.firehose.error_output])
        lake = {(row["object_key"], row.get("etag")) for row in world.firehose.lake}
        for event in world.events:
            if event.number not in waiting and (event.key, event.etag) not in lake:
                assert (event.etag or event.sequencer).encode() in told, f"{event} is lost"

    def teardown(self):
        if not hasattr(self, "world"):
            return
        world = self.world
        world.heal()
        world.drain()
        assert settle(world).wrong == []
        # What the model cannot score stays dead however often it is redriven; the model is mended now.
        world.scorer.mended = True
        world.replay()
        balance = settle(world)
        assert balance.wrong == []
        assert set(balance.fates) <= {"row"}


def _sha256(body):
    return sha256(body).hexdigest()


settings.register_profile("ci", max_examples=60, stateful_step_count=25, derandomize=True, deadline=None, database=None)
settings.register_profile("long", max_examples=3_000, stateful_step_count=60, deadline=None, print_blob=True)
TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
