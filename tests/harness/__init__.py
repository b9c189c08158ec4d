"""What the tests share to drive the product: services, a namespace for each test, workers, waiting."""
