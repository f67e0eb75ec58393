"""What the two web apps share: sessions and passwords of accounts, headers and limits of every answer, a free port."""
