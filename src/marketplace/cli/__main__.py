"""`python -m marketplace.cli`: how `up` starts its children with the interpreter that it runs on itself."""

from marketplace.cli import main

if __name__ == "__main__":
    main(prog_name="marketplace")
