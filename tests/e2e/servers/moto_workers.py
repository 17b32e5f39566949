"""Three workers of a cloud on its API, through its own client, boto3: run with the environment's python and a URL.

Each keeps documents in a versioned bucket, keys to encrypt with, and a queue that it works off: versions, key ids,
ciphertexts and receipt handles are the server's, and go back to it. Now and then one asks for what is gone (404), or
gives back a receipt that is none (400).
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ROUNDS = 4
THINK_S = 0.04
WORKERS = ("north", "south", "west")


def main(url: str) -> None:
    with ThreadPoolExecutor(len(WORKERS)) as workers:
        works = [workers.submit(work, url, name, nth) for nth, name in enumerate(WORKERS)]
    for done in works:
        done.result()


def work(url: str, name: str, nth: int) -> None:
    def client(service: str):
        config = Config(retries={"total_max_attempts": 1}, user_agent=f"worker-{name}", s3={"addressing_style": "path"})
        made = boto3.client(
            service, endpoint_url=url, region_name="us-east-1", config=config,
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )  # fmt: skip
        made.meta.events.register("before-send.*", lambda request, **_: from_address(request, f"192.0.2.{nth + 1}"))
        return made

    bucket, keys, queue = client("s3"), client("kms"), client("sqs")
    bucket.create_bucket(Bucket=name)
    bucket.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    at = queue.create_queue(QueueName=name)["QueueUrl"]
    key = keys.create_key(Description=f"of {name}")["KeyMetadata"]["KeyId"]
    for number in range(ROUNDS):
        keep(bucket, name, number)
        secret(keys, key, f"{name} {number}")
        work_off(queue, at, f"{name} {number}")
    keys.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert keys.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def from_address(request, address: str) -> None:
    time.sleep(THINK_S)
    request.headers["X-Forwarded-For"] = address


def keep(bucket, name: str, number: int) -> None:
    first = bucket.put_object(Bucket=name, Key="report", Body=f"{name} draft {number}".encode())["VersionId"]
    bucket.put_object(Bucket=name, Key="report", Body=f"{name} final {number}".encode())
    assert b"draft" in bucket.get_object(Bucket=name, Key="report", VersionId=first)["Body"].read()
    bucket.delete_object(Bucket=name, Key="report", VersionId=first)
    refused(lambda: bucket.get_object(Bucket=name, Key="report", VersionId=first))


def secret(keys, key: str, text: str) -> None:
    sealed = keys.encrypt(KeyId=key, Plaintext=text.encode())["CiphertextBlob"]
    assert keys.decrypt(CiphertextBlob=sealed)["Plaintext"] == text.encode()


def work_off(queue, at: str, text: str) -> None:
    queue.send_message(QueueUrl=at, MessageBody=text)
    (message,) = queue.receive_message(QueueUrl=at)["Messages"]
    queue.change_message_visibility(QueueUrl=at, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=60)
    queue.delete_message(QueueUrl=at, ReceiptHandle=message["ReceiptHandle"])
    refused(
        lambda: queue.change_message_visibility(
            QueueUrl=at, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1
        )
    )


def refused(request) -> None:
    try:
        request()
    except ClientError:
        return
    raise AssertionError("this was expected to be refused")


if __name__ == "__main__":
    main(sys.argv[1])
