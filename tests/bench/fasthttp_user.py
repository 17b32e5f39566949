"""The peer: Locust's fast client in a closed loop, run by locust in a process of its own."""

from locust import FastHttpUser, constant, task


class Plain(FastHttpUser):
    wait_time = constant(0)

    @task
    def get(self) -> None:
        self.client.get("/bench")
