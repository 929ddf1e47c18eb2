"""The model: pure, total, compiled rules, one family a file. Both engines call them; nobody else computes."""
