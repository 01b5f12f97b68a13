"""What CS231n's lecture 3 shows on its slides, computed: one module an idea."""
