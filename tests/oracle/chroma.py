"""What a Chroma server holds, by its HTTP API alone."""

import requests

PAGE = 500


class Chroma:
    def __init__(self, url, timeout=30):
        self.base = url.rstrip("/") + "/api/v2/tenants/default_tenant/databases/default_database/collections"
        self.timeout = timeout

    def _answer(self, response):
        assert response.ok, f"{response.request.method} {response.url}: {response.status_code} {response.text[:500]}"
        return response.json()

    def collections(self):
        """{name: id} of all collections."""
        found, page = {}, 0
        while True:
            batch = self._answer(requests.get(self.base, params={"limit": PAGE, "offset": page * PAGE}, timeout=self.timeout))
            found |= {one["name"]: one["id"] for one in batch}
            if len(batch) < PAGE:
                return found
            page += 1

    def records(self, collection_id):
        """{id: {"embedding", "metadata", "document"}} of a whole collection."""
        found, offset = {}, 0
        while True:
            batch = self._answer(requests.post(f"{self.base}/{collection_id}/get", timeout=self.timeout, json={
                "limit": PAGE, "offset": offset, "include": ["embeddings", "metadatas", "documents"]}))
            for place, name in enumerate(batch["ids"]):
                found[name] = {"embedding": batch["embeddings"][place],
                               "metadata": batch["metadatas"][place] or {},
                               "document": batch["documents"][place]}
            offset += len(batch["ids"])
            if len(batch["ids"]) < PAGE:
                return found

    def delete(self, prefix):
        """Removes the collections whose names begin so: a test leaves nothing behind."""
        for name in self.collections():
            if name.startswith(prefix):
                self._answer(requests.delete(f"{self.base}/{name}", timeout=self.timeout))
